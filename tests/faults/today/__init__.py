"""What goes wrong on a day like any other, in a house of their own: its clock is right, no database of it is lost."""
