"""BlockMRS: advice at the side of the field, and medical records that their owner shares."""
