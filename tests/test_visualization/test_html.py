"""Elements escape what they are given."""
from mmaction_d3d.visualization.html import element, join, page, table

STRANGE = '<script>alert("1" & \'2\')</script>'
SHOWN = '&lt;script&gt;alert(&quot;1&quot; &amp; &#x27;2&#x27;)&lt;/script&gt;'


def test_texts_and_values_are_escaped_and_elements_are_not():
    inner = element('b', STRANGE, title=STRANGE)
    assert inner == f'<b title="{SHOWN}">{SHOWN}</b>'
    assert element('p', 'a < b ', inner) == f'<p>a &lt; b {inner}</p>'
    assert join([STRANGE, inner]) == f'{SHOWN}{inner}'
    assert element('img', alt=STRANGE, hidden=True) == f'<img alt="{SHOWN}" hidden>'


def test_a_table_and_a_page_escape_all_that_they_are_given():
    text = page(STRANGE, [STRANGE], {STRANGE: [table(STRANGE, [STRANGE] * 2, [[STRANGE] * 2])]})
    assert '<script' not in text and text.count(SHOWN) == 12
    # a text that only looks like a cell is none
    assert '&lt;td onclick' in table('', ['a', 'b'], [['a', '<td onclick="x">']])
