/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an operation is.
 *
 * Each row of core/op/ops.def is one TlOpClass in the file of the row's name.  It says everything about the operation;
 * Lua functions, editor nodes, reference pages, tests and exporters are derived from it:
 *
 *     ports and attributes -> infer() -> shapes and dtypes, which may be symbolic
 *                          -> prepare() -> a kernel with its arguments, once all sizes are numbers
 *                          -> gradient() -> more operations
 *
 * An elementwise operation states only an expression over its ports and attributes ("x * sigmoid (x)"); infer, prepare and
 * gradient follow from it.
 *
 * Ownership: classes are constant.  Thread rule: any thread.
 */

#include "core/base/arena.h"
#include "core/kernels/work.h"
#include "core/tensor/tensor.h"

G_BEGIN_DECLS

#define TL_OP_MAX_OUT 8 /* of rows whose last output is not variadic */
#define TL_OP_MAX_ATTRS 16
#define TL_ATTR_MAX_INTS 8
#define TL_ATTR_MAX_NUMBERS 1024

typedef struct _TlOpClass TlOpClass;
typedef struct _TlNode    TlNode;
typedef struct _TlExpr    TlExpr;

typedef enum {
  TL_ATTR_INT,
  TL_ATTR_FLOAT,
  TL_ATTR_BOOL,
  TL_ATTR_ENUM, /* one of the row's names, by number */
  TL_ATTR_DTYPE,
  TL_ATTR_INTS,   /* up to 8 whole numbers or sizes */
  TL_ATTR_FLOATS, /* up to 8 numbers */
  TL_ATTR_STRING,
  TL_ATTR_NUMBERS, /* a list of numbers of any length: layers only */
} TlAttrType;

/**
 * TlAttrValue:
 * @i: of INT, BOOL, ENUM and DTYPE
 * @d: of FLOAT
 * @s: (nullable): of STRING, interned
 * @n: number of @v, @f or @list
 * @v: of INTS; may be symbolic sizes
 * @f: of FLOATS
 * @list: of NUMBERS, interned
 */
typedef struct {
  union {
    gint64      i;
    double      d;
    const char *s;
    struct {
      gint32 n;
      union {
        TlDim         v[TL_ATTR_MAX_INTS];
        double        f[TL_ATTR_MAX_INTS];
        const double *list;
      };
    };
  };
} TlAttrValue;

#define TL_INT(value) ((TlAttrValue){ .i = (value) })
#define TL_FLOAT(value) ((TlAttrValue){ .d = (value) })
#define TL_INTS1(a) ((TlAttrValue){ .n = 1, .v = { (a) } })
#define TL_INTS2(a, b) ((TlAttrValue){ .n = 2, .v = { (a), (b) } })
#define TL_FLOATS2(a, b) ((TlAttrValue){ .n = 2, .f = { (a), (b) } })

/**
 * TlAttrSpec:
 * @name: PyTorch's name for it
 * @doc: one sentence, with the unit if it has one
 * @type: its type
 * @required: whether it must be given
 * @def: default
 * @min: smallest allowed number (of each element of INTS and FLOATS), if @has_range
 * @max: largest allowed number
 * @names: (array zero-terminated=1): values of an ENUM; of another type, in [0], what a default is called that is no value
 * @alias: (nullable): another name that is understood: PyTorch's, where @name is shorter
 * @n: how many elements INTS and FLOATS have, and a single number fills; 0 for any
 * @words: (nullable): of INTS: a word that is another name of 0, and one for what no numbers say, which is kept as none of them
 *
 * The array of a row ends with a nameless one.
 */
typedef struct {
  const char        *name;
  const char        *doc;
  TlAttrType         type;
  gboolean           required;
  TlAttrValue        def;
  gboolean           has_range;
  double             min, max;
  const char *const *names;
  const char        *alias;
  guint              n;
  const char *const *words;
} TlAttrSpec;

typedef enum {
  TL_PORT_OPTIONAL = 1 << 0,
  TL_PORT_VARIADIC = 1 << 1,      /* the last port: zero or more */
  TL_PORT_NODIFF = 1 << 2,        /* no gradient flows here */
  TL_PORT_CONTIGUOUS = 1 << 3,    /* the kernel wants the last axis fastest, without gaps */
  TL_PORT_CHANNELS_LAST = 1 << 4, /* the kernel wants axis 1 fastest, without gaps */
} TlPortFlags;

typedef struct {
  const char *name;
  const char *doc;
  TlPortFlags flags;
} TlPort;

typedef enum {
  TL_OP_VIEW = 1 << 0,       /* the output shares the input's storage */
  TL_OP_RANDOM = 1 << 1,     /* never merged or folded */
  TL_OP_UPDATE = 1 << 2,     /* output i is the new value of input i, computed in place where possible */
  TL_OP_INTERNAL = 1 << 3,   /* not offered to users */
  TL_OP_DATA_SIZED = 1 << 4, /* sizes depend on values: not in a plan */
  TL_OP_UNCUTTABLE = 1 << 5, /* one tile may take long; cannot be interrupted */
} TlOpFlags;

/**
 * TlResultType:
 * @TL_RESULT_PROMOTED: the operands' common dtype
 * @TL_RESULT_FLOAT: that, and f32 for whole numbers
 * @TL_RESULT_BOOL: bool
 *
 * The dtype of an elementwise operation's result.
 */
typedef enum {
  TL_RESULT_PROMOTED,
  TL_RESULT_FLOAT,
  TL_RESULT_BOOL,
} TlResultType;

/**
 * TlPrecision:
 * @TL_PRECISION_GIVEN: in the dtype of the operands
 * @TL_PRECISION_NARROW: a product, which loses little: in 16 bits while they are asked for
 * @TL_PRECISION_WIDE: a sum of many or a function that overflows soon: in f32 even then
 * @TL_PRECISION_MOVES: nothing is computed, elements are only moved
 *
 * What tl_context_set_autocast() makes of a row; the lists are PyTorch's for CUDA, with all reductions in f32.  It also says how a
 * row without a kernel treats 16-bit operands: NARROW and MOVES as its parts do, the others compute in f32 and round their results.
 */
typedef enum {
  TL_PRECISION_GIVEN,
  TL_PRECISION_NARROW,
  TL_PRECISION_WIDE,
  TL_PRECISION_MOVES,
} TlPrecision;

/**
 * TlInfer:
 * @op: the row
 * @in: (array length=n_in): descriptions of the inputs; %NULL for an optional one that is not given
 * @attrs: attribute values in the order of the row's specs
 * @out: what infer() fills in, see tl_infer_out()
 * @n_out: number of outputs; count() sets it where it is not the number of ports
 */
typedef struct {
  const TlOpClass     *op;
  guint                n_in;
  const TlMeta *const *in;
  const TlAttrValue   *attrs;
  guint                n_out;
  TlMeta              *out;
} TlInfer;

/**
 * TlPrepare:
 * @op: the row
 * @in: (array length=n_in): descriptions of the inputs, all sizes numbers
 * @out: (array length=n_out): descriptions of the outputs
 * @attrs: attribute values
 * @expr: (nullable): the expression of an elementwise operation
 * @compute: the dtype in which an elementwise operation computes
 * @arena: where the arguments go, see tl_prepare_args()
 * @kernel: to be set
 * @args: to be set
 * @data: (array): to be set where the kernel's operands are not inputs then outputs: %TL_OPERAND_IN (i), %TL_OPERAND_OUT (i)
 *   %TL_OPERAND_NONE or %TL_OPERAND_INDEX_ERROR
 * @n_data: number of @data, 0 for inputs then outputs
 */
typedef struct {
  const TlOpClass     *op;
  guint                n_in;
  const TlMeta *const *in;
  guint                n_out;
  const TlMeta        *out;
  const TlAttrValue   *attrs;
  TlExpr              *expr;
  TlDType              compute;
  TlArena             *arena;

  const TlKernel *kernel;
  gpointer        args;
  gint           *data;
  guint           n_data;
} TlPrepare;

#define TL_OPERAND_IN(i) ((gint)(i) + 1)
#define TL_OPERAND_OUT(i) (-(gint)(i)-1)
#define TL_OPERAND_NONE 0
#define TL_OPERAND_INDEX_ERROR G_MAXINT /* a TlIndexError: what the kernel tells there fails the operation */

#define tl_prepare_args(prepare, Args) ((Args *)((prepare)->args = tl_arena_alloc0 ((prepare)->arena, sizeof (Args))))
#define tl_prepare_data(prepare, ...) \
  tl_prepare_set_data ((prepare), (const gint[]){ __VA_ARGS__ }, G_N_ELEMENTS (((const gint[]){ __VA_ARGS__ })))

/**
 * TlGradient:
 * @op: the row
 * @attrs: attribute values
 * @in: (array length=n_in): the inputs
 * @out: (array length=n_out): the outputs
 * @dy: (array length=n_out): gradients of the outputs; %NULL where none arrived
 * @needs: (array length=n_in): which inputs want a gradient
 * @dx: (array length=n_in): to be set, (transfer full); %NULL means zero
 * @out_metas: (nullable) (array length=n_out): for decompose(), what infer() says of the outputs
 */
typedef struct {
  const TlOpClass   *op;
  const TlAttrValue *attrs;
  TlExpr            *expr;
  guint              n_in;
  TlTensor *const   *in;
  guint              n_out;
  TlTensor *const   *out;
  TlTensor *const   *dy;
  const gboolean    *needs;
  TlTensor         **dx;
  const TlMeta      *out_metas;
} TlGradient;

/**
 * TlPart:
 * @attrs: attribute values of a row that takes a part of its input
 * @dy: the gradient of that part
 */
typedef struct {
  const TlAttrValue *attrs;
  TlTensor          *dy;
} TlPart;

/**
 * TlCost:
 * @flops: floating-point operations
 * @bytes: bytes read and written at least
 */
typedef struct {
  double flops;
  double bytes;
} TlCost;

/**
 * TlSample:
 * @shapes: inputs as text, separated by ";": "3,4; 4,5", with a dtype prefix where it is not the tested one: "i64:3"
 * @attrs: attributes as text: "stride = {2, 2}, padding = {1, 1}"
 * @low: values are drawn uniformly between @low
 * @high: and @high; both 0 means -1 to 1
 * @kinks: values closer than 0.05 to these are moved away (the derivative jumps there)
 * @special: (nullable): values that stand first in every floating operand: "nan inf"
 *
 * One case on which a row is tested; the array of a row ends with one without shapes.
 */
typedef struct {
  const char *shapes;
  const char *attrs;
  double      low, high;
  const char *kinks;
  const char *special;
} TlSample;

/**
 * TlEpilogue:
 * @expr: what a following elementwise operation computes from the result "a" and, if @aux_port is not 0, another operand "b"
 * @attr: number of the attribute that is set when the row does it itself
 * @value: to what
 * @aux_port: input that becomes "b", 0 for none
 * @through_port: if not 0, this input must come from a row that "b" is the first operand of, and that row's first result becomes the
 *   input @aux_port instead of "b"
 *
 * Work that a kernel can do on its results before it writes them; the array of a row ends with one without @expr.
 */
typedef struct {
  const char *expr;
  guint       attr;
  gint64      value;
  guint       aux_port;
  guint       through_port;
} TlEpilogue;

typedef struct {
  const char *name;  /* of the ONNX operator; NULL: composed when exported */
  guint       since; /* first operator set that has it */
} TlOnnxMap;

struct _TlOpClass {
  const char       *name;
  const char       *group; /* heading in the palette and the reference */
  const char       *doc;
  const char       *formula;
  const char       *source;
  const TlPort     *in;  /* end with a nameless one */
  const TlPort     *out; /* NULL: one port "y" */
  const TlAttrSpec *attrs;
  TlOpFlags         flags;
  TlPrecision       precision;
  const char       *expr;      /* elementwise: over port and attribute names */
  const char       *expr_grad; /* its gradient over the same names, y and dy; outputs separated by ";"; NULL: derived */
  TlResultType      result;

  gboolean (*count) (TlInfer *self, /* sets n_out, where inputs and attributes say how many outputs there are */
                     GError **error);
  gboolean (*infer) (TlInfer *self,
                     GError **error);
  gboolean (*prepare) (TlPrepare *self,
                       GError   **error);
  gboolean (*gradient) (TlGradient *self,
                        GError    **error);
  TlTensor *(*join) (const TlMeta *x, /* of a row that takes a part of its input: the gradient of that from those of several parts */
                     const TlPart *parts,
                     guint         n_parts,
                     GError      **error);
  gboolean (*decompose) (TlGradient *self, /* in, attrs and n_out as given; sets dx[0..n_out) to the outputs */
                         GError    **error);
  void (*cost) (const TlInfer *self,
                TlCost        *cost);

  const TlEpilogue *epilogues;
  const TlSample   *samples;
  TlOnnxMap         onnx;
  const char       *torch; /* expression over x0, x1, ... and attributes that PyTorch evaluates for golden files */
};

/* Help for infer(). */
guint    tl_op_get_n_ports (const TlPort *ports);
guint    tl_op_get_n_attrs (const TlOpClass *self);
gboolean tl_attr_is_sizes (const TlAttrSpec *spec);
TlMeta  *tl_infer_out (TlInfer     *self,
                       guint        output,
                       TlDType      dtype,
                       guint        rank,
                       const TlDim *shape);
TlMeta  *tl_infer_out_like (TlInfer *self,
                            guint    output,
                            TlDType  dtype,
                            guint    input);
gboolean tl_infer_fail (TlInfer    *self,
                        int         code,
                        GError    **error,
                        const char *format,
                        ...) G_GNUC_PRINTF (4, 5);
gboolean tl_infer_need_float (TlInfer *self,
                              guint    input,
                              GError **error);
gboolean tl_infer_need_rank (TlInfer *self,
                             guint    input,
                             guint    min_rank,
                             guint    max_rank,
                             GError **error);
gboolean tl_infer_need_same_dtype (TlInfer *self,
                                   guint    a,
                                   guint    b,
                                   GError **error);
gboolean tl_infer_need_index (TlInfer *self,
                              guint    input,
                              GError **error);
gboolean tl_infer_axis (TlInfer *self,
                        gint64   axis,
                        guint    rank,
                        guint   *normal,
                        GError **error);
gboolean tl_infer_same (TlInfer *self,
                        GError **error);
gboolean tl_broadcast_shapes (const TlMeta *const *in,
                              guint                n_in,
                              TlDim               *shape,
                              guint               *rank);

void tl_prepare_set_data (TlPrepare  *self,
                          const gint *data,
                          guint       n_data);

/* The table. */
const TlOpClass *tl_op_find (const char *name);
guint            tl_op_get_n_rows (void);
const TlOpClass *tl_op_get_row (guint row);
void             tl_op_register_table (const TlOpClass *const *rows,
                                       guint                   n_rows);

G_END_DECLS
