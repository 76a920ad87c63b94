"""Which constants matter for an indicator of an ensemble, and where its cases of interest lie."""
