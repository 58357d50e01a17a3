"""The Ultra-Lite pipeline: text, watermarks, frames, badges, tone, size. It generates nothing."""
