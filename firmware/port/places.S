/* The table of US metro areas, as it lies in runtime/cpython/places. */

    .section .rodata
    .global metro_zips, metro_zips_end, metro_names, metro_names_end
metro_zips:
    .incbin "metro_zips.csv"
metro_zips_end:
metro_names:
    .incbin "metro_names.csv"
metro_names_end:
