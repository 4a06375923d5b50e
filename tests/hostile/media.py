"""Videos that are none, or odd ones."""
from fractions import Fraction

import av
import numpy as np

from tests.conftest import draw_frames, encode_square_video

GOOD = (8, (64, 80), False)


def _frames(count, size):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), np.uint8) for _ in range(count)]


def _encode(path, frames, codec='libx264', pix_fmt='yuv420p', times=None, container='mp4', rotate=0,
            audio=False):
    with av.open(str(path), 'w', format=container) as file:
        sound = file.add_stream('aac', rate=8000) if audio == 'first' else None
        stream = file.add_stream(codec, rate=Fraction(25))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            if times is not None:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if sound is not None:
            _write_sound(file, sound)


def _write_sound(file, sound):
    for index in range(8):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format='fltp',
                                           layout='mono')
        frame.rate, frame.pts = 8000, index * 1024
        file.mux(sound.encode(frame))
    file.mux(sound.encode(None))


def _sound_alone(path):
    with av.open(str(path), 'w', format='mp4') as file:
        _write_sound(file, file.add_stream('aac', rate=8000, layout='mono'))


def _cover_first(path):
    """Matroska with a still picture as the first video stream."""
    frames = draw_frames(8, (64, 80))
    with av.open(str(path), 'w', format='matroska') as file:
        cover, stream = file.add_stream('mjpeg', rate=1), file.add_stream('libx264', rate=25)
        cover.height = cover.width = 32
        cover.pix_fmt = 'yuvj420p'
        stream.height, stream.width, stream.pix_fmt = 64, 80, 'yuv420p'
        still = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format='rgb24')
        file.mux(cover.encode(still))
        file.mux(cover.encode(None))
        for image in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
        file.mux(stream.encode(None))


def _patched(box, offset, value):
    """Return the good video with bytes of one of its boxes replaced."""
    data = bytearray(encode_square_video(*GOOD))
    place = data.find(box) + 4 + offset
    data[place:place + len(value)] = value
    return bytes(data)


def _turned(path):
    """A rotation by 90 degrees in the track's header, as phones write it."""
    unit, minus = (0x10000).to_bytes(4, 'big'), (-0x10000).to_bytes(4, 'big', signed=True)
    zero = bytes(4)
    path.write_bytes(_patched(b'tkhd', 40, b''.join([zero, unit, zero, minus, zero, zero, zero])))


def _bytes(data):
    return lambda path: path.write_bytes(data)


def _text_list(path):
    neighbour = path.with_name('clip1.mp4').name
    path.write_text(f"ffconcat version 1.0\nfile '{neighbour}'\n")


def _playlist(path):
    path.write_text('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nclip1.mp4\n#EXT-X-ENDLIST\n')


def _huge_picture(path):
    """A PNG of 60,000 x 60,000 pixels, in few bytes, under a video's name."""
    import struct
    import zlib
    head = struct.pack('>IIBBBBB', 60000, 60000, 8, 0, 0, 0, 0)

    def part(name, data):
        return (struct.pack('>I', len(data)) + name + data +
                struct.pack('>I', zlib.crc32(name + data)))

    rows = zlib.compress(bytes(60001) * 60000, 9) if False else zlib.compress(bytes(2**20))
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + part(b'IHDR', head) + part(b'IDAT', rows) +
                     part(b'IEND', b''))


def videos():
    """Return, by name, what writes a video to a path, and why a command may accept it or ''."""
    whole = encode_square_video(*GOOD)
    size = (64, 80)
    cases = {
        'empty': (_bytes(b''), ''),
        'noise': (_bytes(np.random.default_rng(0).bytes(5000)), ''),
        'text': (_bytes(b'not a video\n' * 50), ''),
        'html': (_bytes(b'<html><body>404 Not Found</body></html>'), ''),
        'zeros': (_bytes(bytes(100000)), ''),
        'picture':
        (lambda path: _encode(path, _frames(1, size), 'mjpeg', 'yuvj420p', container='image2'),
         'a picture is a video of one frame'),
        'huge picture': (_huge_picture, ''),
        'one frame': (lambda path: _encode(path, _frames(1, size)), 'a short clip'),
        'no frame': (_bytes(_no_frame()), ''),
        'odd sides': (lambda path: _encode(path, _frames(8, (33, 47)), 'mpeg4', 'yuv420p'),
                      'another size than the annotation'),
        'one pixel': (lambda path: _encode(path, _frames(8, (2, 2)), 'mpeg4'), 'another size'),
        'wide': (lambda path: _encode(path, _frames(8, (2, 4096)), 'mpeg4'), 'another size'),
        'variable rate': (lambda path: _encode(path, _frames(8, size), 'mpeg4', times=
                                               [0, 1, 3, 1000, 1001, 5000, 5001, 9000]),
                          'frames count, whatever their times'),
        'turned': (_turned, 'read as a player shows it'),
        'ten bits': (lambda path: _encode(path, _frames(8, size), pix_fmt='yuv420p10le'),
                     'converted to 8 bits'),
        'grey': (lambda path: _encode(path, _frames(8, size), pix_fmt='gray'), 'grey is a color'),
        '4:4:4': (lambda path: _encode(path, _frames(8, size), pix_fmt='yuv444p'), 'a format'),
        'sound alone': (_sound_alone, ''),
        'sound first': (lambda path: _encode(path, _frames(8, size), audio='first'),
                        'the first video stream is read'),
        'cover first': (_cover_first, 'the cover is left aside'),
        'avi': (lambda path: _encode(path, _frames(8, size), 'mpeg4', container='avi'),
                'the content counts, not the suffix'),
        'webm': (lambda path: _encode(path, _frames(8, size), 'libvpx', container='webm'),
                 'the content counts'),
        'list of files': (_text_list, ''),
        'playlist': (_playlist, ''),
        'side of 65535': (_bytes(_patched(b'avc1', 24,
                                          b'\xff\xff\xff\xff')), "the stream's own size counts"),
        'times of billions':
        (_bytes(_patched(b'mdhd', 12,
                         b'\0\0\0\1\xff\xff\xff\xff')), 'frames count, whatever their times'),
        'two million samples': (_bytes(_patched(b'stsz', 8, (2000000).to_bytes(4, 'big'))), 'as '
                                'far as it decodes'),
        'box of 2^63 bytes': (_bytes(whole[:24] + b'\0\0\0\1moov' + b'\x7f' + b'\xff' * 7), ''),
        'a thousand boxes': (_bytes(whole[:24] + b'\0\0\0\x08free' * 100000), ''),
    }
    for tenth in range(1, 10):
        cases[f'cut at {tenth}0 %'] = (_bytes(whole[:len(whole) * tenth // 10]),
                                       'the index may be whole: as far as it decodes')
    rng = np.random.default_rng(1)
    for seed in range(8):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 20):
            data[place] = rng.integers(256)
        cases[f'flipped bytes {seed}'] = (_bytes(bytes(data)), 'as far as it decodes')
    return cases


def _no_frame():
    """A video of a stream without packets: the header of a whole one."""
    data = encode_square_video(*GOOD)
    return data[:data.find(b'mdat') + 4]
