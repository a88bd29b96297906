"""Links: which rows of the lists are one outlet, and what people say of it."""
