"""Truth and present answer in; the next stroke or click of a simulated user out."""
