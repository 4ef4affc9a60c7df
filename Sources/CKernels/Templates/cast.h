// Conversions d[r][c] = (D)a[r][c]. Floats go to integers toward zero, saturating, NaN to 0; wide
// integers keep their low bits in narrow ones; `bool` is x != 0.

static inline int32_t f32_to_i32(float x) {
  const float y = x >= 0x1p31f || x < -0x1p31f || x != x ? 0.0f : x;
  return x >= 0x1p31f ? INT32_MAX : x < -0x1p31f ? INT32_MIN : (int32_t)y;
}

static inline int64_t f32_to_i64(float x) {
  const float y = x >= 0x1p63f || x < -0x1p63f || x != x ? 0.0f : x;
  return x >= 0x1p63f ? INT64_MAX : x < -0x1p63f ? INT64_MIN : (int64_t)y;
}

static inline uint8_t f32_to_b8(float x) {
  const float y = x > 0.0f ? x : 0.0f;
  return (uint8_t)(int32_t)(y > 255.0f ? 255.0f : y);
}

static inline uint8_t f64_to_b8(double x) {
  const double y = x > 0.0 ? x : 0.0;
  return (uint8_t)(int32_t)(y > 255.0 ? 255.0 : y);
}

DLC_UNARY(cast_f32_f64, double, float, x)
DLC_UNARY(cast_f32_i32, int32_t, float, f32_to_i32(x))
DLC_UNARY(cast_f32_i64, int64_t, float, f32_to_i64(x))
DLC_UNARY(cast_f32_b8, uint8_t, float, f32_to_b8(x))
DLC_UNARY(cast_f32_bool, uint8_t, float, x != 0)

DLC_UNARY(cast_f64_f32, float, double, x)
DLC_UNARY(cast_f64_i32, int32_t, double, f64_to_i32(x))
DLC_UNARY(cast_f64_i64, int64_t, double, f64_to_i64(x))
DLC_UNARY(cast_f64_b8, uint8_t, double, f64_to_b8(x))
DLC_UNARY(cast_f64_bool, uint8_t, double, x != 0)

DLC_UNARY(cast_i32_f32, float, int32_t, x)
DLC_UNARY(cast_i32_f64, double, int32_t, x)
DLC_UNARY(cast_i32_i64, int64_t, int32_t, x)
DLC_UNARY(cast_i32_b8, uint8_t, int32_t, x)
DLC_UNARY(cast_i32_bool, uint8_t, int32_t, x != 0)

DLC_UNARY(cast_i64_f32, float, int64_t, x)
DLC_UNARY(cast_i64_f64, double, int64_t, x)
DLC_UNARY(cast_i64_i32, int32_t, int64_t, x)
DLC_UNARY(cast_i64_b8, uint8_t, int64_t, x)
DLC_UNARY(cast_i64_bool, uint8_t, int64_t, x != 0)

DLC_UNARY(cast_b8_f32, float, uint8_t, x)
DLC_UNARY(cast_b8_f64, double, uint8_t, x)
DLC_UNARY(cast_b8_i32, int32_t, uint8_t, x)
DLC_UNARY(cast_b8_i64, int64_t, uint8_t, x)
DLC_UNARY(cast_b8_bool, uint8_t, uint8_t, x != 0)
