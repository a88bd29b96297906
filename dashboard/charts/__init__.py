"""Result tables to chart and map specifications."""
