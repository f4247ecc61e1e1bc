"""What every request passes before it is answered: who asks, how much, how often, from where."""
