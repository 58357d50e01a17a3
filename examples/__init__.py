"""Small programs that use qie_hub; each is run by a test or by make demo."""
