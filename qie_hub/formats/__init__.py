"""Bytes to frozen values and back. Pure: no time, network, disk, thread or randomness."""
