"""What installs, provisions and runs the house."""
