"""What catordog's web pages share: addresses of this computer, and headers that protect a page."""
