// A value around and between the elements of a tensor.
//
//   pad   out[o] = (o - low) / step on every axis, where that is an element of a, else *value
//
// Axis by axis, outermost first: what no element meets is filled a whole run at a time.

#define PAD(W, T) \
  static void pad_axis_##W( \
    const dlc_pad_shape *g, int axis, long first, long last, T *d, const T *a, T x \
  ) { \
    const long low = g->low[axis], step = g->step[axis], in = g->in[axis], run = g->run[axis]; \
    const long stride = g->stride[axis]; \
    const int is_last = axis == g->rank - 1; \
    if (is_last && step == 1 && stride == 1) { \
      long from = first > low ? first : low, to = last < low + in ? last : low + in; \
      if (from > last) from = last; \
      if (to < from) to = from; \
      for (long o = first; o < from; o++) d[o] = x; \
      if (to > from) memcpy(d + from, a + (from - low), (to - from) * sizeof(T)); \
      for (long o = to; o < last; o++) d[o] = x; \
      return; \
    } \
    for (long o = first; o < last; o++) { \
      const long q = o - low, at = q / step; \
      T *to = d + o * run; \
      if (q < 0 || q % step != 0 || at >= in) \
        for (long i = 0; i < run; i++) to[i] = x; \
      else if (is_last) \
        *to = a[at * stride]; \
      else \
        pad_axis_##W(g, axis + 1, 0, g->out[axis + 1], to, a + at * stride, x); \
    } \
  } \
  static void k_pad_##W( \
    const dlc_pad_shape *g, long first, long last, void *d, const void *a, const void *value \
  ) { \
    pad_axis_##W(g, 0, first, last, (T *)d, (const T *)a, *(const T *)value); \
  }

PAD(8, DLC_BITS8)
PAD(32, DLC_BITS32)
PAD(64, DLC_BITS64)
