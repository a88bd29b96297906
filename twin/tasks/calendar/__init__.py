"""Calendar: the rivals' moves in a workspace, and what people say of them."""
