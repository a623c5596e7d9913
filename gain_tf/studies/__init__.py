"""Many runs of one config, held against each other."""
