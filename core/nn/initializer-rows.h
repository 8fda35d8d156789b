/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * THE TABLE of initialisers, in the order of their names.
 *
 *   ROW (name, kind, function, default of the number, what it is, source)
 *
 * Kinds are TL_INIT_*; the function spreads (initializer.c), or makes the whole tensor (initializer-make.c).
 */
// clang-format off
#define TL_INITIALIZERS(ROW) \
  ROW (constant, FILL, as_given, 0, "The same number everywhere.", "elementary") \
  ROW (dirac, MAKE, make_dirac, 1, "Convolutions that leave the first channels as they are; the number is their factor.", "Zagoruyko & Komodakis 2017, arXiv:1706.00388") \
  ROW (eye, MAKE, make_eye, 1, "The unit matrix; the number is its factor.", "Le, Jaitly & Hinton 2015, arXiv:1504.00941") \
  ROW (kaiming_normal, NORMAL, kaiming_normal, 0, "Normal, so that rectified layers keep the size of their input; the number is the negative slope.", "He et al. 2015, arXiv:1502.01852") \
  ROW (kaiming_normal_fan_out, NORMAL, kaiming_normal_fan_out, 0, "Normal, so that rectified layers keep the size of their gradients; the number is the negative slope.", "He et al. 2015, arXiv:1502.01852") \
  ROW (kaiming_uniform, UNIFORM, kaiming_uniform, 2.23606797749978969641, "Uniform, so that rectified layers keep the size of their input; the number is the negative slope: the root of 5, as in PyTorch's layers, gives the bound 1 / sqrt (inputs).", "He et al. 2015, arXiv:1502.01852") \
  ROW (kaiming_uniform_fan_out, UNIFORM, kaiming_uniform_fan_out, 0, "Uniform, so that rectified layers keep the size of their gradients; the number is the negative slope.", "He et al. 2015, arXiv:1502.01852") \
  ROW (lecun_normal, NORMAL, lecun_normal, 1, "Normal, so that linear and self-normalising layers keep the size of their input; the number is the gain.", "LeCun et al. 1998, doi:10.1007/3-540-49430-8_2; Klambauer et al. 2017, arXiv:1706.02515") \
  ROW (lecun_uniform, UNIFORM, lecun_uniform, 1, "Uniform, so that linear layers keep the size of their input; the number is the gain.", "LeCun et al. 1998, doi:10.1007/3-540-49430-8_2") \
  ROW (normal, NORMAL, as_given, 1, "Normal around 0; the number is the deviation.", "Box & Muller 1958, doi:10.1214/aoms/1177706645") \
  ROW (ones, FILL, as_given, 1, "Ones.", "elementary") \
  ROW (orthogonal, MAKE, make_orthogonal, 1, "Rows or columns that are orthogonal to each other and of one length, the number.", "Saxe, McClelland & Ganguli 2014, arXiv:1312.6120; Householder 1958, doi:10.1145/320941.320947") \
  ROW (sparse, MAKE, make_sparse, 0.1, "Normal with deviation 0.01, and in each column this share of zeros.", "Martens 2010, Deep learning via Hessian-free optimization") \
  ROW (trunc_normal, TRUNCATED, as_given, 1, "Normal around 0, drawn again beyond two deviations; the number is the deviation before.", "Robert 1995, doi:10.1007/BF00143942") \
  ROW (uniform, UNIFORM, as_given, 1, "Uniform around 0; the number is the bound.", "elementary") \
  ROW (xavier_normal, NORMAL, xavier_normal, 1, "Normal, so that signal and gradient keep their size; the number is the gain.", "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks") \
  ROW (xavier_uniform, UNIFORM, xavier_uniform, 1, "Uniform, so that signal and gradient keep their size; the number is the gain.", "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks") \
  ROW (zeros, FILL, as_given, 0, "Zeros.", "elementary")
// clang-format on
