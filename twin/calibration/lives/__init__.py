"""Lives: how customers find us, how often they order, and how they leave."""
