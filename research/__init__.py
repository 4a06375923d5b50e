"""What repeats the paper's tables and figures: in the checkout, not in the installed package."""
