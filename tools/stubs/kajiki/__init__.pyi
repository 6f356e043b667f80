# Kajiki ships no types. Of what is used here: what it takes and gives; of the rest, nothing is claimed.
