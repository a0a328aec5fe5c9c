"""The exchange copy to the customer: one mail for each accepted document of a company that has it on."""
