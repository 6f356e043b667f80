"""Reports: who may, saving, finding and opening them."""
