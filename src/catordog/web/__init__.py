"""What catordog's web pages share: addresses of this computer, protecting headers, files."""
