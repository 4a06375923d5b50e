# Where the paper's words and our recommendation differ, its words: docs/paper.md, "The letter".
letter = dict(
    layer=dict(norm=False),
    block=dict(joint=dict(wrap=False), temporal=dict(wrap=False)),
    pose_tokens=dict(embed='none', use_score=False))
