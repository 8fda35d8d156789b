/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Elementwise computation: a program of scalar functors over strided, broadcast operands.
 *
 * A TlProgram is straight code in single assignment.  Registers are numbered: the inputs, then the constants, then one
 * temporary per instruction, so instruction i writes register n_in + n_constants + i:
 *
 *     y = x * sigmoid (x)         n_in 1, n_constants 0, n_out 1
 *       r0 = x
 *       r1 = sigmoid r0           { TL_FN_SIGMOID, { 0 } }
 *       r2 = mul r0 r1            { TL_FN_MUL, { 0, 1 } }
 *       out = { 2 }
 *
 * The map kernel runs it over an iteration space of up to TL_MAX_RANK axes.  Every operand has its strides in elements
 * (0 broadcasts, negative is allowed) and its dtype; where that differs from the dtype of the computation, elements are
 * converted at load and store as in copy.h.  Functors of dtype f16 and bf16 compute in f32: set dtype to f32.
 *
 * A compiled program, one C function over contiguous runs, may stand in for the interpreter; it must compute the same
 * bits, so it is made of the same functors of the same instruction set.
 *
 * In place: an output may be the very same memory as inputs with the same dtype and strides; other overlaps are not allowed.
 *
 * data[]: the inputs in order, then the outputs in order.
 *
 * Kernel: TlKernels.map, TlMapArgs.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

#include <stdbool.h>

typedef enum {
#define TL_FUNCTOR_ALL(name, arity) TL_FN_##name,
#define TL_FUNCTOR_FLOAT(name, arity) TL_FN_##name,
#define TL_FUNCTOR_INT(name, arity) TL_FN_##name,
#include "core/kernels/functors.def"
#undef TL_FUNCTOR_ALL
#undef TL_FUNCTOR_FLOAT
#undef TL_FUNCTOR_INT
  TL_N_FN
} TlFn;

#define TL_PROGRAM_MAX_IN 10
#define TL_PROGRAM_MAX_OUT 6
#define TL_PROGRAM_MAX_CONSTANTS 16
#define TL_PROGRAM_MAX_INSTR 64
#define TL_PROGRAM_MAX_REGISTERS (TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_CONSTANTS + TL_PROGRAM_MAX_INSTR)

typedef struct {
  uint8_t fn;     /* TlFn */
  uint8_t src[3]; /* registers; those beyond the arity are ignored */
} TlInstr;

typedef struct {
  uint8_t n_in;
  uint8_t n_constants;
  uint8_t n_instr;
  uint8_t n_out;
  uint8_t out[TL_PROGRAM_MAX_OUT]; /* registers */
  double  constants[TL_PROGRAM_MAX_CONSTANTS];
  TlInstr instr[TL_PROGRAM_MAX_INSTR];
} TlProgram;

/* Computes @n elements; all operands contiguous, in the dtype of the computation, outputs may equal inputs. */
typedef void (*TlCompiledMap) (void *const *out, const void *const *in, size_t n);

typedef struct {
  TlDType          dtype; /* of the computation: f32, f64, i32, i64, u8 or bool (as u8) */
  uint32_t         rank;
  int64_t          shape[TL_MAX_RANK];
  TlDType          in_dtype[TL_PROGRAM_MAX_IN];
  TlDType          out_dtype[TL_PROGRAM_MAX_OUT];
  int64_t          in_strides[TL_PROGRAM_MAX_IN][TL_MAX_RANK];
  int64_t          out_strides[TL_PROGRAM_MAX_OUT][TL_MAX_RANK];
  const TlProgram *program; /* borrowed; must outlive the arguments */
  TlCompiledMap    compiled;
} TlMapArgs;

/**
 * tl_fn_name:
 * @fn: a functor
 *
 * Returns: its name in functors.def, such as "exp"
 */
const char *tl_fn_name (TlFn fn);

/**
 * tl_fn_arity:
 * @fn: a functor
 *
 * Returns: the number of its arguments, 1 to 3
 */
unsigned tl_fn_arity (TlFn fn);

/**
 * tl_fn_is_float_only:
 * @fn: a functor
 *
 * Returns: true if it exists in f32 and f64 only
 */
bool tl_fn_is_float_only (TlFn fn);

/**
 * tl_fn_is_int_only:
 * @fn: a functor
 *
 * Returns: true if it exists in i32, i64 and u8 only
 */
bool tl_fn_is_int_only (TlFn fn);

/**
 * tl_program_is_valid:
 * @program: a program
 * @dtype: the dtype of its computation
 *
 * Checks counts, that every register is written before it is read, and that every functor exists in @dtype.  The map
 * kernel trusts its program; whoever builds one from outside checks it here first.
 *
 * Returns: true if the map kernel may run it
 */
bool tl_program_is_valid (const TlProgram *program, TlDType dtype);
