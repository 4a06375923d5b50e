"""What repeats the paper's tables and figures: part of the checkout, not of the installed package."""
