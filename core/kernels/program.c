/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/program.h"

typedef struct {
  const char *name;
  uint8_t     arity;
  uint8_t     float_only;
  uint8_t     int_only;
} FunctorInfo;

static const FunctorInfo functors[TL_N_FN] = {
#define TL_FUNCTOR_ALL(name, arity) { #name, arity, 0, 0 },
#define TL_FUNCTOR_FLOAT(name, arity) { #name, arity, 1, 0 },
#define TL_FUNCTOR_INT(name, arity) { #name, arity, 0, 1 },
#include "core/kernels/functors.def"
#undef TL_FUNCTOR_ALL
#undef TL_FUNCTOR_FLOAT
#undef TL_FUNCTOR_INT
};

const char *
tl_fn_name (TlFn fn)
{
  return functors[fn].name;
}

unsigned
tl_fn_arity (TlFn fn)
{
  return functors[fn].arity;
}

bool
tl_fn_is_float_only (TlFn fn)
{
  return functors[fn].float_only;
}

bool
tl_fn_is_int_only (TlFn fn)
{
  return functors[fn].int_only;
}

bool
tl_program_is_valid (const TlProgram *program, TlDType dtype)
{
  bool     is_float = dtype == TL_DTYPE_F32 || dtype == TL_DTYPE_F64;
  unsigned first = program->n_in + program->n_constants;

  if (!is_float && dtype != TL_DTYPE_I32 && dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_U8 && dtype != TL_DTYPE_BOOL)
    return false;
  if (program->n_in > TL_PROGRAM_MAX_IN || program->n_constants > TL_PROGRAM_MAX_CONSTANTS ||
      program->n_instr > TL_PROGRAM_MAX_INSTR || program->n_out < 1 || program->n_out > TL_PROGRAM_MAX_OUT)
    return false;
  for (unsigned i = 0; i < program->n_instr; i++) {
    const TlInstr *instr = &program->instr[i];

    if (instr->fn >= TL_N_FN || (is_float ? functors[instr->fn].int_only : functors[instr->fn].float_only))
      return false;
    for (unsigned k = 0; k < functors[instr->fn].arity; k++)
      if (instr->src[k] >= first + i)
        return false;
  }
  for (unsigned k = 0; k < program->n_out; k++)
    if (program->out[k] >= first + program->n_instr)
      return false;
  return true;
}
