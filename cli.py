"""Run the command line from a checkout: ``python cli.py list``."""

from qie_hub.cli.main import main

if __name__ == "__main__":
    main()
