"""Arithmetic specifications in SMT-LIB, whose floating point is IEEE 754 and nobody's here.

An exact value is an integer times a power of two, both of which fit binary64; rounding it to the format wanted is then the
conversion that SMT-LIB defines. {wire@clock} stands for a wire of the harness.
"""


def binary32(bits: str) -> str:
    return f"((_ to_fp 8 24) {bits})"


def exact(integer: str, exponent: str, sign: str = "#b0", signed: bool = True) -> str:
    """integer * 2^exponent as a binary64: exact up to 53 bits, with the exponent 11 bits wide."""
    number = f"((_ {'to_fp' if signed else 'to_fp_unsigned'} 11 53) RNE {integer})"
    return times(number, exponent, sign)


def times(number: str, exponent: str, sign: str = "#b0") -> str:
    """A binary64 times +-2^exponent."""
    return f"(fp.mul RNE {number} (fp {sign} (bvadd {exponent} (_ bv1023 11)) (_ bv0 52)))"


def rounded(number: str) -> str:
    return f"((_ to_fp 8 24) RNE {number})"


def constant(value: int, width: int = 11) -> str:
    return f"(_ bv{value % (1 << width)} {width})"


def sign_bit(condition: str) -> str:
    return f"(ite {condition} #b1 #b0)"


def canonical(bits: str) -> str:
    return f"(=> (fp.isNaN {binary32(bits)}) (= {bits} #x7fc00000))"


SUM = {
    "a sum is the exact sum rounded once": "(=> (and (not {special_o@0}) (not (= {exact_o@0} (_ bv0 53)))) "
    f"(= {binary32('{sum_o@3}')} "
    f"{rounded(exact('{exact_o@0}', '(bvadd ((_ sign_extend 1) {exponent_o@0}) ' + constant(-150) + ')'))}))",
    "an exact zero is +0, but -0 of two -0": "(=> (and (not {special_o@0}) (= {exact_o@0} (_ bv0 53))) "
    "(= {sum_o@3} (ite (and (= {a_i@0} #x80000000) (= {b_i@0} #x80000000)) #x80000000 #x00000000)))",
    "infinities and NaN are IEEE 754's": "(=> {special_o@0} "
    f"(= {binary32('{sum_o@3}')} (fp.add RNE {binary32('{a_i@0}')} {binary32('{b_i@0}')})))",
    "a NaN is the canonical one": canonical("{sum_o@3}"),
}

PRODUCT = {
    "a product is the exact product rounded once": "(=> (not {special_o@0}) "
    f"(= {binary32('{product_o@3}')} "
    + rounded(
        exact(
            "{exact_o@0}",
            f"(bvadd ((_ zero_extend 1) {{exponent_o@0}}) {constant(-300)})",
            sign_bit("{sign_o@0}"),
            signed=False,
        )
    )
    + "))",
    "infinities and NaN are IEEE 754's": "(=> {special_o@0} "
    f"(= {binary32('{product_o@3}')} (fp.mul RNE {binary32('{a_i@0}')} {binary32('{b_i@0}')})))",
    "a NaN is the canonical one": canonical("{product_o@3}"),
}

# Numerics, dot products: S * 2^((s_w - 127) + (s_a - 127) - f), f = 7 for MXFP4 and 12 for MXINT8.
SCALE_NAN = "(or (= {weight_scale_i@0} #xff) (= {activation_scale_i@0} #xff))"
SCALE_EXPONENT = (
    "(bvadd (bvadd ((_ zero_extend 3) {weight_scale_i@0}) ((_ zero_extend 3) {activation_scale_i@0})) "
    f"(ite {{weight_is_fp4_i@0}} {constant(-254 - 7)} {constant(-254 - 12)}))"
)
SCALE = {
    "a block's value is the exact one rounded once": f"(=> (not {SCALE_NAN}) "
    f"(= {binary32('{value_o@2}')} {rounded(exact('{isum_i@0}', SCALE_EXPONENT))}))",
    "a NaN scale gives the canonical NaN": f"(=> {SCALE_NAN} (= {{value_o@2}} #x7fc00000))",
}

# Numerics, conversion from binary32: x / 2^E to the nearest value of the format, ties to even, saturated; E + 127 is the scale
# code for INT8, which counts in 64ths, and 2 less than it for E2M1 held as INT8, 16 times its value.
VALUE = f"((_ to_fp 11 53) RNE {binary32('{value_o@0}')})"


def scaled(power: int) -> str:
    """The value times 2^(power + 127 - scale code)."""
    return times(VALUE, f"(bvsub {constant(power + 127)} ((_ zero_extend 3) {{scale_o@2}}))")


def saturated(number: str, most: str) -> str:
    """To 16 bits, signed, ties to even."""
    limit = f"((_ to_fp 11 53) RNE {most})"
    least = f"(fp.neg {limit})"
    kept = f"(ite (fp.gt w {limit}) {limit} (ite (fp.lt w {least}) {least} w))"
    return f"(let ((w {number})) ((_ fp.to_sbv 16) RNE {kept}))"


# A quarter of an E2M1 is a float of 3 bits of exponent and 2 of significand, which goes on to 12 where E2M1 ends at 6.
E2M1 = f"((_ to_fp 11 53) RNE ((_ to_fp 3 2) RNE {scaled(2 - 2)}))"
ELEMENT = "((_ sign_extend 8) {element_o@2})"
GIVEN = "(= {lane_i@0} {lane_i@2}) (not {exceeds_o@0}) (not (= {scale_o@2} #xff))"
QUANTISE = {
    "an INT8 element is the nearest, ties to even, saturated": f"(=> (and {GIVEN} (not {{fp4_o@0}})) "
    f"(= {ELEMENT} {saturated(scaled(6), '127.0')}))",
    "an FP4 element is 16 times the nearest E2M1, ties to even, saturated": f"(=> (and {GIVEN} {{fp4_o@0}}) "
    f"(= {ELEMENT} {saturated(f'(fp.mul RNE {E2M1} ((_ to_fp 11 53) RNE 64.0))', '96.0')}))",
}

# Numerics, order: -0 before +0 and NaN before -infinity; a maximum is NaN if either is.
A, B, MAX = binary32("{a_i@0}"), binary32("{b_i@0}"), binary32("{max_o@0}")
EITHER_NAN = f"(or (fp.isNaN {A}) (fp.isNaN {B}))"
ORDER = {
    "a maximum is NaN if either is": f"(= (fp.isNaN {MAX}) {EITHER_NAN})",
    "a NaN is the canonical one": canonical("{max_o@0}"),
    "a maximum is one of the two, and not below the other": f"(or {EITHER_NAN} "
    f"(and (or (= {{max_o@0}} {{a_i@0}}) (= {{max_o@0}} {{b_i@0}})) (fp.geq {MAX} {A}) (fp.geq {MAX} {B})))",
    "of two zeros +0 is the maximum": f"(=> (and (fp.isZero {A}) (fp.isZero {B})) "
    f"(= (fp.isNegative {MAX}) (and (fp.isNegative {A}) (fp.isNegative {B}))))",
    "the order of keys is that of the numbers": "(= {before_o@0} (or "
    f"(fp.lt {A} {B}) (and (fp.isNaN {A}) (not (fp.isNaN {B}))) "
    f"(and (fp.isZero {A}) (fp.isZero {B}) (fp.isNegative {A}) (fp.isPositive {B}))))",
    "keys are equal for equal patterns and for NaN": f"(= {{same_o@0}} (= {A} {B}))",
}
