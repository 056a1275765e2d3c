"""What is measured, and the programs that measure it; run the executable files of this folder."""
