"""Messages in Chinese and English, one file a room; `qie_hub.messages` reads them."""
