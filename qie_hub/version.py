"""The version of this qie_hub; packs may ask for a newer one."""

from typing import Final

VERSION: Final = "0.1.0"
