"""What this device is: thin probes, pure parsers, proved execution providers, a micro-benchmark."""
