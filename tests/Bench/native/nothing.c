/* The smallest thing to exec. Linked statically, so that the exec storm measures exec and not the dynamic loader. */
int main(void)
{
    return 0;
}
