"""The studio sets: scenes as frozen values, and the pictures that Mitsuba 3 renders of them."""
