"""How a question is asked of the store: within limits and budgets, once where many ask the same, and cancellable."""
