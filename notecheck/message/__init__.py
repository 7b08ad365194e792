"""Reading a draft: from text, bytes, a mail or a file to the source and the spans that are the note.

>>> draft = read("Hi Dana,\\n\\nThank you.\\n\\n> We went with someone else.")
>>> [span.of(draft.source) for span in draft.spans]
['Hi Dana,\\n\\nThank you.']
>>> draft.masked[0].reason
'quote'
"""

from notecheck.message.draft import Draft, Masked, Reason
from notecheck.message.reading import read, read_all

__all__ = ["Draft", "Masked", "Reason", "read", "read_all"]
