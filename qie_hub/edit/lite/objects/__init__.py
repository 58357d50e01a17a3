"""Taking things out of a picture: what is asked for, where it lies, whether that can be done, and the fill."""
