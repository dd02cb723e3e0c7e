"""What an operator sees and does when something is wrong, in a house of their own."""
