"""The languages of the site, with their catalogues."""
