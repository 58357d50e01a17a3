"""What is installed on this device: where it lies, how it comes, who uses it, how it goes. Start at ``store.py``."""
