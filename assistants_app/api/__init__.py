"""Floor 5: our own `/v1`, the only place that imports REST framework.

A thin mouth over the same contract and actions as the pages: REST framework brings the token, the
counting and the refusals, never a serializer near a document. Every answer is JSON written by
`contract.dumps`; every refusal, whoever made it, wears the API's envelope (contract.md section 9).
"""
