"""One module per command; each names its click command ``command``. `qie_hub.cli.group` lists them."""
