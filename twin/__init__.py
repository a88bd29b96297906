"""A digital twin of a sales territory: known customers, the dark half, rivals and the field force."""
