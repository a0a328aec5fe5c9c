"""`posta drill`: all that can break is broken on a throw-away stack, and after each fault all invariants hold."""
