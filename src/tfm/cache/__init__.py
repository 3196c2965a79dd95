"""Data structures of the listing cache: the memory tier, the policy, the statistics. They know no storage."""
