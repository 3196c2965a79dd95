"""The tests of tfm."""
