"""Floor 3: one small form per section. Never a ModelForm for content: that is a second writer.

`clean` asks the contract; problems land on the field they are about. Text is never stripped.
"""
