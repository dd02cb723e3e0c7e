"""What the notifications service does: learns from facts, sends mail, lets staff send again."""
