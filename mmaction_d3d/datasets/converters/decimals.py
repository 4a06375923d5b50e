"""Decimal numbers out of text, many at a time.

Python's ``float`` takes about 0.2 us a number, most of the time of reading a ``.skeleton`` file.
Here each step is one numpy operation on all numbers. The results are those of ``float`` to the
last bit: at most 9 digits are a whole number below 2^53 over a power of ten below 10^22, both exact
in float64, and their quotient is rounded once.
"""
import re
import sys

import numpy as np

MARGIN = 16
"""Characters that must stand before the first number of a text."""

_NUMBER = re.compile(rb'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?')
# What C writes for a number that is none; the forms with # are those of Windows' older libraries.
_NOT_A_NUMBER = re.compile(rb'[+-]?(nan(\(\w*\))?|inf(inity)?|1\.#(qnan|snan|ind|inf)0*)', re.I)

_WORD = 64          # bits
_PART = 1 << 18     # characters
_FULL = np.uint64(2**64 - 1)
_ZERO, _TEN = np.uint8(ord('0')), np.uint8(10)
_CHARACTERS = np.frombuffer(b'.- \n\r', np.uint8)
# The last n bytes of a word; memory order is little-endian: they are its highest.
_LAST = np.array([(2**64 - 1) << 64 - 8 * n & 2**64 - 1 for n in range(9)], np.uint64)
# By p, the characters from the point to the end (0: no point): 10 to the number of decimals; then
# the same for negative numbers.
_SCALE = np.array([1.0] + [10.0**(p - 1) for p in range(1, 10)])
_SCALE = np.concatenate([_SCALE, -_SCALE])
# Constants of the bit tricks on 8 characters at once.
_EIGHT_ZEROS = np.uint64(0x3030303030303030)
_EIGHT_POINTS = np.uint64(0x1010101010101010)
_FROM_POINT = np.uint64(0x0807060504030201)
_PAIRS = np.uint64(0x000000FF000000FF)
_WEIGHTS = np.uint64(100 + (1000000 << 32)), np.uint64(1 + (10000 << 32))
_ZERO_POINT = np.uint64(ord('0') + (ord('.') << 8))


def parse_number(text):
    """Reads one number in any form that C writes.

    Args:
        text (bytes): Such as ``b'-1.5'``, ``b'2e-05'``, ``b'NaN'``, ``b'-1.#IND'``.

    Returns:
        float | None: NaN for what is not finite, None for what is no number.
    """
    if _NUMBER.fullmatch(text):
        return float(text)
    return np.nan if _NOT_A_NUMBER.fullmatch(text) else None


def frame_text(text):
    """Puts a number before a text and a line's end after it, as the other functions want it.

    Args:
        text (bytes): The text.

    Returns:
        bytes: A line with a zero, of at least :data:`MARGIN` characters, then the text; of a length
        that is a multiple of 64.
    """
    end = b'' if text.endswith(b'\n') else b'\n'
    margin = MARGIN + -(MARGIN + len(text) + len(end)) % _WORD
    # With a point in its first word: one full of digits would be refused.
    return b'0.' + b'0' * (margin - 3) + b'\n' + text + end


def find_separators(text):
    """Finds the blanks and line ends of a text of plain decimals with one behind each.

    Args:
        text (bytes): From :func:`frame_text`.

    Returns:
        np.ndarray | None: int64, where there are blanks and LF; None where the text holds
        something else than plain decimals, blanks, LF and CR LF, or two blanks in a row.
    """
    bits, separators = _character_bits(text)
    digit, point, minus, space, lf, cr = bits
    blank = space | lf
    after_digit, after_point, after_cr = map(_shift, (digit, point, cr))
    # What may come before: a sign after a blank, a blank after a digit or CR, LF alone after CR,
    # the rest after a digit. So no number ends in a point or sign.
    wrong = ~(digit | point | minus | blank | cr)
    wrong |= minus & ~_shift(blank)
    wrong |= (point | cr) & ~after_digit
    wrong |= blank & ~(after_digit | after_cr)
    wrong |= after_cr & ~lf
    # A number has one point at most: a 1 added to the bit behind a point runs through the ones of
    # the digits and stops on what comes behind them. It is carried on from word to word once: twice
    # would take a word full of digits.
    stops = digit + (after_point & digit)
    stops[1:] += (stops < digit)[:-1]
    wrong |= stops & point
    return None if wrong.any() or (digit == _FULL).any() else separators


def _character_bits(text):
    """Where a text has digits, points, signs, spaces, LF, CR: a bit a character, 64 in a word.

    Returns:
        tuple[np.ndarray, np.ndarray]: uint64, 6 x words; int64, where there are spaces and LF.
    """
    all_codes = np.frombuffer(text, np.uint8)
    bits, blank = np.empty((6, len(text) // 8), np.uint8), np.empty(len(text), bool)
    for start in range(0, len(text), _PART):    # a part stays in the processor's cache
        codes = all_codes[start:start + _PART]
        row = slice(start // 8, (start + len(codes)) // 8)
        kinds = [codes - _ZERO < _TEN, *(codes == character for character in _CHARACTERS)]
        for kind, mask in enumerate(kinds):
            bits[kind, row] = np.packbits(mask, bitorder='little')
        np.bitwise_or(kinds[3], kinds[4], out=blank[start:start + _PART])
    return bits.view(np.uint64), blank.nonzero()[0]


def _shift(bits):
    """The bits of the characters before."""
    shifted = bits << 1
    shifted[1:] |= bits[:-1] >> (_WORD - 1)
    return shifted


def parse_decimals(text, starts, ends):
    """Reads plain decimals: ``-`` if at all, digits, ``.`` and digits if at all.

    Args:
        text (bytes): From :func:`frame_text`.
        starts (np.ndarray): N, int64: where each number starts. What stands there must be a plain
            decimal: that is not checked.
        ends (np.ndarray): N, int64: the character after each.

    Returns:
        np.ndarray: N, float64, the same that ``float`` gives.
    """
    negative = np.frombuffer(text, np.uint8)[starts] == ord('-')
    length = ends - starts
    length -= negative
    # The 8 characters before each end, and the 8 before these, out of words at whole multiples of
    # 8: numpy picks these much faster than words from anywhere.
    words = np.frombuffer(text, '<u8')
    place = (ends >> 3) - 2
    shift = ((ends & 7) << 3).view(np.uint64)
    rest = 64 - shift
    middle = words[1:][place]
    word = (middle >> shift) | (words[2:][place] << rest)
    ninth = ((words[place] >> shift) | (middle << rest)) >> 48     # and tenth
    # Of the last 8 characters each digit becomes its value, the point 0x1E, what is before the
    # number 0.
    word = (word ^ _EIGHT_ZEROS) & _LAST[np.minimum(length, 8)]
    point = (word & _EIGHT_POINTS) >> 4     # 2^(8k) for a point in byte k
    # The point goes, the characters before it move up by one.
    before = word & (point - np.minimum(point, 1))
    word ^= before ^ point * 0x1E
    word |= before << 8
    # The 9th character from the end takes the place that is free now ...
    has_ninth = (length == 9) & (point > 0)
    word |= ((ninth >> 8) - ord('0')) * has_ninth
    # ... but may be a point itself, after a 0.
    has_tenth = (length == 10) & (ninth == _ZERO_POINT)
    # The product's highest byte is the factor's byte 7 - k: the characters from the point on.
    after = ((point * _FROM_POINT) >> 56).view(np.int64)
    after[has_tenth] = 9
    after += negative * np.int64(len(_SCALE) // 2)
    # Neighbouring digits are joined to pairs, fours, an eight.
    word = word * 10 + (word >> 8)
    word = ((word & _PAIRS) * _WEIGHTS[0] + ((word >> 16) & _PAIRS) * _WEIGHTS[1]) >> 32
    values = word / _SCALE[after]
    # Done are numbers of at most 8 digits, and of 9 with a 0 before the point: so ``%.7g`` writes
    # numbers from 0.01 on.
    rest = (length > 8) & ~has_ninth & ~has_tenth
    for index in rest.nonzero()[0].tolist():
        values[index] = float(text[starts[index]:ends[index]])
    return values


assert sys.byteorder == 'little', 'words are read in memory order'
