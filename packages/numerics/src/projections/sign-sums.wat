;; Sums of rows with random signs, 16 rows side by side: for each eight parameters a table of their 256 sums, from which each
;; column of signs picks one. Memory, in bytes:
;;        0  numbers of 32 parameters, [32][16] float32
;;     2048  four tables, [4][256][16] float32
;;    67584  random words of eight parameters, [8][64] uint32: a bit for each of 2048 columns
;;    69632  signs of 512 parameters, [64][2048] bytes: a bit for each of eight parameters
;;   200704  sums of 256 rows, [16][2048][16] float32
(module
  (memory (export "memory") 36)

  ;; Turns the words of eight parameters into a byte for each column.
  (func (export "signs") (param $to i32) (param $columns i32)
    (local $from i32) (local $end i32) (local $place v128) (local $bytes v128)
    (local.set $from (i32.const 67584))
    (local.set $end (i32.add (local.get $to) (local.get $columns)))
    (local.set $place (v128.const i8x16 1 2 4 8 16 32 64 -128 1 2 4 8 16 32 64 -128))
    (loop $next
      (local.set $bytes (call $bit (v128.load16_splat (local.get $from)) (local.get $place) (i32.const 1)))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=256 (local.get $from)) (local.get $place) (i32.const 2))))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=512 (local.get $from)) (local.get $place) (i32.const 4))))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=768 (local.get $from)) (local.get $place) (i32.const 8))))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=1024 (local.get $from)) (local.get $place) (i32.const 16))))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=1280 (local.get $from)) (local.get $place) (i32.const 32))))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=1536 (local.get $from)) (local.get $place) (i32.const 64))))
      (local.set $bytes (v128.or (local.get $bytes) (call $bit (v128.load16_splat offset=1792 (local.get $from)) (local.get $place) (i32.const 128))))
      (v128.store (local.get $to) (local.get $bytes))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $to) (local.get $end)))))

  ;; $value in each of 16 bytes where the bit of that place is set.
  (func $bit (param $bits v128) (param $place v128) (param $value i32) (result v128)
    (v128.and
      (i8x16.splat (local.get $value))
      (i8x16.eq
        (v128.and
          (i8x16.shuffle 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 (local.get $bits) (local.get $bits))
          (local.get $place))
        (local.get $place))))

  ;; The 256 sums of eight parameters: a bit that is set takes its number away.
  (func $table (param $numbers i32) (param $to i32)
    (local $lanes i32) (local $i i32) (local $half i32) (local $sum i32) (local $end i32) (local $twice v128)
    (loop $quarter
      (local.set $twice (v128.const f32x4 0 0 0 0))
      (local.set $i (i32.const 0))
      (loop $all
        (local.set $twice (f32x4.add (local.get $twice)
          (v128.load (i32.add (i32.add (local.get $numbers) (local.get $lanes)) (i32.shl (local.get $i) (i32.const 6))))))
        (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
      (v128.store (i32.add (local.get $to) (local.get $lanes)) (local.get $twice))
      (local.set $i (i32.const 0))
      (loop $doubled
        (local.set $half (i32.shl (i32.const 64) (local.get $i)))
        (local.set $twice (v128.load (i32.add (i32.add (local.get $numbers) (local.get $lanes)) (i32.shl (local.get $i) (i32.const 6)))))
        (local.set $twice (f32x4.add (local.get $twice) (local.get $twice)))
        (local.set $sum (i32.add (local.get $to) (local.get $lanes)))
        (local.set $end (i32.add (local.get $sum) (local.get $half)))
        (loop $each
          (v128.store (i32.add (local.get $sum) (local.get $half)) (f32x4.sub (v128.load (local.get $sum)) (local.get $twice)))
          (br_if $each (i32.lt_u (local.tee $sum (i32.add (local.get $sum) (i32.const 64))) (local.get $end))))
        (br_if $doubled (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
      (br_if $quarter (i32.lt_u (local.tee $lanes (i32.add (local.get $lanes) (i32.const 16))) (i32.const 64)))))

  ;; Adds 32 parameters' numbers with their signs to the sums of 16 rows.
  (func (export "add") (param $signs i32) (param $columns i32) (param $sums i32)
    (local $x i32) (local $y i32) (local $z i32) (local $w i32) (local $end i32)
    (call $table (i32.const 0) (i32.const 2048))
    (call $table (i32.const 512) (i32.const 18432))
    (call $table (i32.const 1024) (i32.const 34816))
    (call $table (i32.const 1536) (i32.const 51200))
    (local.set $end (i32.add (local.get $signs) (local.get $columns)))
    (loop $column
      (local.set $x (i32.shl (i32.load8_u (local.get $signs)) (i32.const 6)))
      (local.set $y (i32.shl (i32.load8_u offset=2048 (local.get $signs)) (i32.const 6)))
      (local.set $z (i32.shl (i32.load8_u offset=4096 (local.get $signs)) (i32.const 6)))
      (local.set $w (i32.shl (i32.load8_u offset=6144 (local.get $signs)) (i32.const 6)))
      (v128.store (local.get $sums) (f32x4.add (v128.load (local.get $sums)) (f32x4.add
        (f32x4.add (v128.load offset=2048 (local.get $x)) (v128.load offset=18432 (local.get $y)))
        (f32x4.add (v128.load offset=34816 (local.get $z)) (v128.load offset=51200 (local.get $w))))))
      (v128.store offset=16 (local.get $sums) (f32x4.add (v128.load offset=16 (local.get $sums)) (f32x4.add
        (f32x4.add (v128.load offset=2064 (local.get $x)) (v128.load offset=18448 (local.get $y)))
        (f32x4.add (v128.load offset=34832 (local.get $z)) (v128.load offset=51216 (local.get $w))))))
      (v128.store offset=32 (local.get $sums) (f32x4.add (v128.load offset=32 (local.get $sums)) (f32x4.add
        (f32x4.add (v128.load offset=2080 (local.get $x)) (v128.load offset=18464 (local.get $y)))
        (f32x4.add (v128.load offset=34848 (local.get $z)) (v128.load offset=51232 (local.get $w))))))
      (v128.store offset=48 (local.get $sums) (f32x4.add (v128.load offset=48 (local.get $sums)) (f32x4.add
        (f32x4.add (v128.load offset=2096 (local.get $x)) (v128.load offset=18480 (local.get $y)))
        (f32x4.add (v128.load offset=34864 (local.get $z)) (v128.load offset=51248 (local.get $w))))))
      (local.set $sums (i32.add (local.get $sums) (i32.const 64)))
      (br_if $column (i32.lt_u (local.tee $signs (i32.add (local.get $signs) (i32.const 1))) (local.get $end))))))
